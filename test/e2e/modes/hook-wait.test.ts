import { tellLife } from './lifecycle.ts'

tellLife('hook', ['--wait'])
