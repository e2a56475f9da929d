import { describe } from 'vitest'
import { tellOwners } from './owner.ts'

describe.each([3, 4] as const)(
  'a release in mode hook of Helm %i becomes one of Flux, and Helm takes it back',
  (major) => tellOwners('hook', major),
)
