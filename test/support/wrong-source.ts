/** A Secret of the migrator that is called by a wrong name in mode hook, and asked for a wrong key in mode job, where it would be waited for. */
export const wrongSource = {
  hook: { database: { existingSecret: { name: 'shop-databse' } } },
  job: {
    database: { existingSecret: { name: 'shop-database', key: 'uri' } },
    budgets: { run: '12s', lockWait: '5s', connect: '5s' },
  },
}

/** What Lotse says of it, in a namespace. */
export function saysOfWrongSource(mode: 'hook' | 'job', namespace: string): string {
  const [key, secret] = mode === 'hook' ? ['url', 'shop-databse'] : ['uri', 'shop-database']
  const missing = 'which does not exist (or lacks that key)'
  return `DATABASE_URL is to come from the key \`${key}\` of Secret ${namespace}/${secret}, ${missing}`
}
