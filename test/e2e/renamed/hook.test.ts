import { describe } from 'vitest'
import { tellRename } from './rename.ts'

describe('one release renames a column, with a hook that expands and a finisher by schedule', () => tellRename('hook'))
