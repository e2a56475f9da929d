#!/usr/bin/env node
import { writeFileSync } from 'node:fs'
import { help } from './command/help.ts'
import { stopSignal } from './command/stop.ts'
import { up } from './command/up.ts'
import { parseConfig, wantedLogFormat } from './config/config.ts'
import type { Event } from './event.ts'
import { exitCodes, Failure } from './failure.ts'
import { bug, fitTerminationMessage } from './report/failure.ts'
import { makeLog } from './report/log.ts'
import { sentence } from './report/text.ts'
import { version } from './version.ts'

/** The edge: the one file that reads argv and environment, hears signals and ends the process. */

const [command = 'help', ...argv] = process.argv.slice(2)
const print = (text: string): void => void process.stdout.write(text)

process.exit(await main())

async function main(): Promise<number> {
  if (['help', '--help', '-h'].includes(command) || argv.includes('--help') || argv.includes('-h')) {
    print(help(version))
    return 0
  }
  switch (command) {
    case 'up':
      return runUp()
    case 'version':
    case '--version':
      print(`${version}\n`)
      return 0
    default:
      process.stderr.write(`lotse: there is no command "${command}"; see lotse --help\n`)
      return exitCodes.ConfigInvalid
  }
}

async function runUp(): Promise<number> {
  const started = performance.now()
  const emit = makeLog(wantedLogFormat(argv, process.env), print)
  const finish = (event: Event, terminationLog: string | undefined): void => {
    emit(event)
    if (terminationLog) leaveMessage(terminationLog, sentence(event))
  }
  let terminationLog = process.env.LOTSE_TERMINATION_LOG
  try {
    const config = parseConfig(argv, process.env)
    terminationLog = config.terminationLog
    const { release, pod } = config
    emit({ event: 'run.started', version, command, ...(release ? { release } : {}), ...(pod ? { pod } : {}) })
    const stop = stopSignal(config.budget.run)
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        emit({ event: 'signal.received', signal: name })
        stop.interrupt(name)
        // A dead network can keep the goodbye to the server waiting; Kubernetes kills after its grace period, without a message.
        setTimeout(() => process.exit(exitCodes.Interrupted), 4_000).unref()
      })
    }
    const applied = await up(config, stop.signal, emit)
    const reason = applied.length > 0 ? 'Applied' : 'UpToDate'
    finish({ event: 'run.finished', reason, applied, elapsed: performance.now() - started }, terminationLog)
    return exitCodes[reason]
  } catch (error) {
    const failure = error instanceof Failure ? error : bug(error)
    finish({ event: 'run.failed', failure, elapsed: performance.now() - started }, terminationLog)
    return failure.exitCode
  }
}

/** A message that cannot be left must not hide how the run ended. */
function leaveMessage(file: string, message: string): void {
  try {
    writeFileSync(file, fitTerminationMessage(message))
  } catch (error) {
    process.stderr.write(`lotse: cannot write the termination message to ${file}: ${(error as Error).message}\n`)
  }
}
