import type { Invocation } from '../cli/invocation.ts'
import type { CommandName } from '../cli/verbs.ts'
import type { Config } from '../config/config.ts'
import type { Env } from '../config/reader.ts'
import type { Emit, Finished } from '../event.ts'
import { exitCodes } from '../failure.ts'
import { version } from '../version.ts'

/** What a verb may use of the world outside. */
export type World = {
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly print: (text: string) => void
  readonly env: Env
}

export type Outcome = {
  readonly exitCode: number
  /** How a run ended, for the verbs that are one; the others have printed their answer. */
  readonly finished?: Finished
}

const statusCodes = {
  upToDate: exitCodes.UpToDate,
  pending: exitCodes.Pending,
  ahead: exitCodes.Ahead,
  unfinished: exitCodes.Unfinished,
  refused: exitCodes.PlanRefused,
} as const

/** Performs one verb. Each is loaded when it is asked for: a run that has nothing to do shall cost little. */
export async function perform(name: CommandName, invocation: Invocation, world: World): Promise<Outcome> {
  const { config, to, json, words } = invocation
  const { signal, emit, print } = world
  const [first = '', second = ''] = words
  switch (name) {
    case 'up': {
      announce()
      const { up } = await import('./up.ts')
      const names = await up(config, signal, emit)
      return { exitCode: 0, finished: { reason: names.length > 0 ? 'Applied' : 'UpToDate', names } }
    }
    case 'down': {
      announce()
      const { down } = await import('./down.ts')
      return { exitCode: 0, finished: { reason: 'Reverted', names: await down(config, to, signal, emit) } }
    }
    case 'wait': {
      announce()
      const because = await performWait(config, signal, emit)
      return { exitCode: 0, finished: { reason: 'UpToDate', names: [], ...(because ? { because } : {}) } }
    }
    case 'status': {
      const { status } = await import('./status.ts')
      return { exitCode: statusCodes[await status(config, json, signal, print)] }
    }
    case 'plan': {
      const { plan } = await import('./plan.ts')
      const made = await plan(config, json, signal, print)
      return { exitCode: made.kind === 'refused' ? exitCodes.PlanRefused : 0 }
    }
    case 'baseline': {
      const { baseline } = await import('./baseline.ts')
      await baseline(config, to, signal, emit)
      return { exitCode: 0 }
    }
    case 'repair': {
      const { repair } = await import('./repair.ts')
      await repair(config, first, second, signal, emit)
      return { exitCode: 0 }
    }
    case 'new': {
      const { newMigration } = await import('./new.ts')
      const kind = { down: invocation.withDown, typescript: invocation.typescript }
      for (const path of newMigration(config.migrations, first, kind, new Date())) print(`${path}\n`)
      return { exitCode: 0 }
    }
    case 'guard': {
      return { exitCode: await performGuard(invocation, world) }
    }
  }
  function announce(): void {
    const { release, pod } = config
    emit({ event: 'run.started', version, command: name, ...(release ? { release } : {}), ...(pod ? { pod } : {}) })
  }
}

async function performWait(config: Config, signal: AbortSignal, emit: Emit): Promise<string | undefined> {
  if (config.gate.job) {
    const { gate } = await import('../gate/schema-and-job.ts')
    return gate(config, config.gate.job, signal, emit)
  }
  const { wait } = await import('../gate/wait-for-schema.ts')
  await wait(config, signal, emit)
}

async function performGuard({ config, guard: part }: Invocation, { signal, emit, env }: World): Promise<number> {
  switch (part.kind) {
    case 'command': {
      const { guard } = await import('../guard/around-command.ts')
      return guard(config, part.command, part.readyFile, env, signal, emit)
    }
    case 'sidecar': {
      const { sidecar } = await import('../guard/sidecar.ts')
      return sidecar(config, part, signal, emit)
    }
    case 'verdict': {
      const { acceptVerdict } = await import('../guard/verdict.ts')
      acceptVerdict(part.state)
      return 0
    }
  }
}
