import { describe } from 'vitest'
import { tellAutomatedLife } from './automated.ts'

describe('Argo CD syncs a shop whose migrator is an ordinary Job, by itself', () => tellAutomatedLife('job'))
