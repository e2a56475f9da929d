import { describe } from 'vitest'
import { tellLife } from './lifecycle.ts'

describe('Flux rolls out a shop whose migrator is a hook', () => tellLife('hook'))
