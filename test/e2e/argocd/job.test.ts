import { describe } from 'vitest'
import { tellLife } from './lifecycle.ts'

describe('Argo CD syncs a shop whose migrator is an ordinary Job', () => tellLife('job'))
