import { describe } from 'vitest'
import { tellLife } from './lifecycle.ts'

describe('Flux rolls out a shop whose migrator is an ordinary Job', () => tellLife('job'))
