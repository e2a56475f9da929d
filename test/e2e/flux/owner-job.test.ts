import { describe } from 'vitest'
import { tellOwners } from './owner.ts'

describe.each([3, 4] as const)(
  'a release in mode job of Helm %i becomes one of Flux, and Helm takes it back',
  (major) => tellOwners('job', major),
)
