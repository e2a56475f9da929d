import { tellLife } from './lifecycle.ts'

tellLife('job', [])
