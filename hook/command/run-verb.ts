import type { GuardPart } from '../cli/guard-part.ts'
import type { Invocation } from '../cli/invocation.ts'
import { verbs } from '../cli/verbs.ts'
import type { Finished } from '../event.ts'
import { exitCodes } from '../failure.ts'
import { version } from '../version.ts'
import type { Context } from './context.ts'

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

/** Performs one verb. Each is loaded when it is asked for, so that a run with nothing to do costs little. */
export async function runVerb(invocation: Invocation, context: Context): Promise<Outcome> {
  const { config, print } = context
  if (verbs[invocation.verb].announced) announce(invocation, context)
  switch (invocation.verb) {
    case 'up': {
      if (config.tenants) {
        const { upEach } = await import('./up-each.ts')
        return { exitCode: 0, finished: await upEach(context, config.tenants) }
      }
      const { up } = await import('./up.ts')
      const names = await up(context, { everyPhase: invocation.everyPhase })
      return { exitCode: 0, finished: { reason: names.length > 0 ? 'Applied' : 'UpToDate', names } }
    }
    case 'finish': {
      const { awaitRollout, finish } = await import('./finish.ts')
      if (invocation.rolloutOnly) {
        const because = await awaitRollout(context)
        return { exitCode: 0, finished: { reason: 'UpToDate', names: [], because } }
      }
      const { names, because } = await finish(context)
      if (names.length === 0 && !because) {
        const nothing = { because: 'nothing waits for lotse finish', routine: true } as const
        return { exitCode: 0, finished: { reason: 'UpToDate', names, ...nothing } }
      }
      const reason = names.length > 0 ? 'Applied' : 'UpToDate'
      return { exitCode: 0, finished: { reason, names, ...(because ? { because } : {}) } }
    }
    case 'down': {
      const { down } = await import('./down.ts')
      return { exitCode: 0, finished: { reason: 'Reverted', names: await down(context, invocation.to) } }
    }
    case 'wait': {
      const because = await performWait(context)
      return { exitCode: 0, finished: { reason: 'UpToDate', names: [], ...(because ? { because } : {}) } }
    }
    case 'status': {
      const { status } = await import('./status.ts')
      return { exitCode: statusCodes[await status(context, invocation.json)] }
    }
    case 'check': {
      if (invocation.trace) {
        const { checkByTrace } = await import('./check-by-trace.ts')
        return { exitCode: await checkByTrace(context, invocation, invocation.trace) }
      }
      const { check } = await import('./check.ts')
      return { exitCode: (await check(context, invocation)) ? exitCodes.PlanRefused : 0 }
    }
    case 'plan': {
      const { plan } = await import('./plan.ts')
      return { exitCode: (await plan(context, invocation.json)) ? exitCodes.PlanRefused : 0 }
    }
    case 'adopt': {
      const { adopt } = await import('./adopt.ts')
      const from = invocation.from ?? config.adopt ?? { tool: 'auto', table: undefined }
      await adopt(context, from, invocation.dryRun)
      return { exitCode: 0 }
    }
    case 'baseline': {
      const { baseline } = await import('./baseline.ts')
      await baseline(context, invocation.to)
      return { exitCode: 0 }
    }
    case 'repair': {
      const { repair } = await import('./repair.ts')
      await repair(context, invocation.action, invocation.name)
      return { exitCode: 0 }
    }
    case 'backfill': {
      const { steerBackfill } = await import('./backfill.ts')
      await steerBackfill(context, invocation.action, invocation.name)
      return { exitCode: 0 }
    }
    case 'new': {
      const { newMigration } = await import('./new.ts')
      for (const path of await newMigration(config, invocation.title, invocation, new Date())) print(`${path}\n`)
      return { exitCode: 0 }
    }
    case 'seal': {
      const { seal, unseal } = await import('./seal.ts')
      print(`${invocation.undo ? unseal(config) : await seal(config)}\n`)
      return { exitCode: 0 }
    }
    case 'guard':
      return performGuard(invocation.part, context)
  }
}

function announce({ verb }: Invocation, { config, emit }: Context): void {
  const { release, pod } = config
  emit({ event: 'run.started', version, command: verb, ...(release ? { release } : {}), ...(pod ? { pod } : {}) })
}

async function performWait({ config, signal, emit }: Context): Promise<string | undefined> {
  if (config.waitFor.length > 0) {
    const { awaitServices } = await import('../gate/wait-for-services.ts')
    await awaitServices(config, signal, emit)
    if (!config.gate.checkDatabase && !config.gate.job) return 'every service answers'
  }
  if (config.gate.job) {
    const { gate } = await import('../gate/schema-and-job.ts')
    return gate(config, config.gate.job, signal, emit)
  }
  const { wait } = await import('../gate/wait-for-schema.ts')
  await wait(config, signal, emit)
}

async function performGuard(part: GuardPart, { config, signal, emit, env }: Context): Promise<Outcome> {
  switch (part.kind) {
    case 'command': {
      const { guard } = await import('../guard/around-command.ts')
      return { exitCode: await guard(config, part.command, part.readyFile, env, signal, emit) }
    }
    case 'sidecar': {
      const { sidecar } = await import('../guard/sidecar.ts')
      return { exitCode: await sidecar(config, part, signal, emit) }
    }
    case 'verdict': {
      const { acceptVerdict } = await import('../guard/verdict.ts')
      acceptVerdict(part.state)
      return { exitCode: 0 }
    }
    case 'trial': {
      const { hold } = await import('../guard/hold-lock.ts')
      await hold(config, 'the trial', signal, emit, async () => {})
      const because = 'the database answers, and the run lock is free'
      return { exitCode: 0, finished: { reason: 'UpToDate', names: [], because } }
    }
  }
}
