import type { Progress } from './apply/work.ts'
import { type Beforehand, parseInvocation, wantedEvents } from './cli/invocation.ts'
import { isVerb, type Verb, type VerbName, verbs } from './cli/verbs.ts'
import type { Poster } from './cluster/events.ts'
import { endedProcess, type Stop, stopSignal, uncaught } from './command/interruption.ts'
import { runVerb } from './command/run-verb.ts'
import type { EventTarget } from './config/cluster.ts'
import { wantedLogFormat } from './config/config.ts'
import { options } from './config/options.ts'
import { writeAtOnce } from './config/regular-file.ts'
import type { Emit } from './event.ts'
import { exitCodes, Failure } from './failure.ts'
import { makeLog } from './report/log.ts'
import { sentence, starterOf } from './report/sentences.ts'
import { fitTerminationMessage } from './report/termination-message.ts'
import { version } from './version.ts'

/** The edge: the one file that reads argv and environment, hears signals and ends the process. */

const [command = 'help', ...argv] = process.argv.slice(2)
const print = (text: string): void => void process.stdout.write(text)
// A reader of the log that goes away, as in `lotse up | head`, must not stop a migration.
process.stdout.on('error', () => {})

/** What happens when the process ends without our asking. */
let onEarlyExit = (): void => {}
process.on('exit', () => onEarlyExit())

main().then(written).then(leave)

/** Waits until a long answer is written: a pipe holds 64 KiB. A reader that does not read is not waited for without end. */
async function written(code: number): Promise<number> {
  if (process.stdout.writableLength === 0) return code
  return new Promise((resolve) => {
    setTimeout(() => resolve(code), 10_000)
    process.stdout.write('', () => resolve(code))
  })
}

function leave(code: number): never {
  onEarlyExit = () => {}
  process.exit(code)
}

async function main(): Promise<number> {
  if (command === 'version' || command === '--version') {
    print(`${version}\n`)
    return 0
  }
  const end = argv.indexOf('--')
  const own = argv.slice(0, end < 0 ? undefined : end)
  if (['help', '--help', '-h'].includes(command)) return help(own.find((arg) => !arg.startsWith('-')))
  if (own.some((arg) => arg === '--help' || arg === '-h')) return help(command)
  return isVerb(command) ? run(command) : unknownCommand(command)
}

/** Loaded only when it is asked for: a run needs none of its texts. */
async function help(name: string | undefined): Promise<number> {
  const { overview, pageOf } = await import('./cli/help.ts')
  const page = name === undefined || name === 'help' ? overview(version) : pageOf(name)
  if (page === undefined) return unknownCommand(name ?? '')
  print(page)
  return 0
}

async function unknownCommand(name: string): Promise<number> {
  const { closest } = await import('./cli/suggestion.ts')
  const meant = closest(name, [...Object.keys(verbs), 'help', 'version'])
  process.stderr.write(`lotse: unknown command "${name}"${meant ? `; did you mean ${meant}?` : '.'} See lotse --help\n`)
  return exitCodes.ConfigInvalid
}

async function run(name: VerbName): Promise<number> {
  const started = performance.now()
  // Node's warnings about module types do not help anybody who migrates a database.
  process.removeAllListeners('warning')
  const isTerminal = process.stdout.isTTY === true
  const starter = starterOf(process.env, name)
  const log = await makeLog(wantedLogFormat(argv, process.env), { write: print, isTerminal }, starter)
  let terminationLog = process.env.LOTSE_TERMINATION_LOG
  let poster = await posterFor(wantedEvents(name, process.env), log)
  const progress: Progress = { done: new Set(), running: undefined }
  const emit: Emit = (event) => {
    log(event)
    const ends = event.event === 'run.finished' || event.event === 'run.failed'
    if (ends && terminationLog) leaveMessage(terminationLog, sentence(event, starter))
    poster?.post(event)
  }
  try {
    const beforehand = await awaitSources(name, emit)
    const { invocation, config } = parseInvocation(name, argv, process.env, beforehand)
    terminationLog = config.terminationLog
    poster = await posterFor(config.events, log)
    const giveUp = async (failure: Failure): Promise<never> => {
      emit({ event: 'run.failed', failure, elapsed: performance.now() - started })
      await poster?.settled()
      return leave(failure.exitCode)
    }
    onEarlyExit = () => {
      const failure = endedProcess(progress.running)
      emit({ event: 'run.failed', failure, elapsed: performance.now() - started })
      process.exitCode = failure.exitCode
    }
    const { signal, failAfter } = hearSignals(verbs[name], config.budget.run, emit, giveUp, progress)
    const context = { config, signal, failAfter, emit, print, env: process.env, progress }
    const outcome = await runVerb(invocation, context)
    if (outcome.finished) emit({ event: 'run.finished', ...outcome.finished, elapsed: performance.now() - started })
    return outcome.exitCode
  } catch (error) {
    const failure = error instanceof Failure ? error : (await import('./report/unforeseen.ts')).unforeseen(error)
    emit({ event: 'run.failed', failure, elapsed: performance.now() - started })
    return failure.exitCode
  } finally {
    await poster?.settled()
  }
}

/**
 * Waits for Secrets and ConfigMaps that are missing, if the chart wants that, and puts the variables that came from there into the
 * environment. Before the configuration is read: parts of it come from there.
 */
async function awaitSources(name: VerbName, emit: Emit): Promise<Beforehand> {
  if (!process.env[options.sources.env] && !argv.some((arg) => arg.startsWith(`--${options.sources.flag}`)))
    return { spent: 0 }
  const started = performance.now()
  const stop = stopSignal('none', 0)
  const hear = (signal: NodeJS.Signals): void => stop.interrupt(signal)
  try {
    const { missingSources } = await import('./cli/sources.ts')
    const { sources, ...missing } = missingSources(name, argv, process.env)
    if (sources.length === 0) return { spent: 0 }
    process.on('SIGTERM', hear).on('SIGINT', hear)
    const { awaitSources } = await import('./gate/wait-for-sources.ts')
    Object.assign(process.env, await awaitSources(sources, { ...missing, env: process.env, signal: stop.signal, emit }))
    return { spent: performance.now() - started }
  } catch (error) {
    if (stop.signal.aborted || !(error instanceof Failure)) throw error
    return { spent: performance.now() - started, failure: error }
  } finally {
    process.off('SIGTERM', hear).off('SIGINT', hear)
  }
}

async function posterFor(target: EventTarget | undefined, log: Emit): Promise<Poster | undefined> {
  if (!target) return undefined
  const { makePoster } = await import('./cluster/events.ts')
  return makePoster(target, log)
}

/** SIGTERM and SIGINT, the run's budget, and an uncaught error, as one signal. */
function hearSignals(
  { deadline, grace }: Verb,
  budget: number,
  emit: Emit,
  giveUp: (failure: Failure) => void,
  progress: Progress,
): Stop {
  const stop = stopSignal(deadline, budget)
  // On a dead network, closing the connection can hang; Kubernetes kills after its grace period, without a message.
  const giveUpSoon = (): void => void setTimeout(() => giveUp(stop.signal.reason), grace).unref()
  for (const each of ['SIGTERM', 'SIGINT'] as const) {
    process.on(each, () => {
      if (stop.signal.aborted) leave(exitCodes.Interrupted)
      emit({ event: 'signal.received', signal: each })
      stop.interrupt(each)
      giveUpSoon()
    })
  }
  process.on('uncaughtException', async (error) => {
    const { running } = progress
    const { unforeseen } = await import('./report/unforeseen.ts')
    stop.fail(running === undefined ? unforeseen(error) : uncaught(error, running))
    giveUpSoon()
  })
  return stop
}

/** Failing to write the message must not hide how the run ended. */
function leaveMessage(file: string, message: string): void {
  try {
    writeAtOnce(file, fitTerminationMessage(message))
  } catch (error) {
    process.stderr.write(`lotse: cannot write the termination message to ${file}: ${(error as Error).message}\n`)
  }
}
