import { describe } from 'vitest'
import { tellAutomatedLife } from './automated.ts'

describe('Argo CD syncs a shop whose migrator is a PreSync hook, by itself', () => tellAutomatedLife('hook'))
