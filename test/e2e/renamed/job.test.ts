import { describe } from 'vitest'
import { tellRename } from './rename.ts'

describe('one release renames a column, with a Job that expands and a finisher by hand', () => tellRename('job'))
