/** Options for an application with many tenants. Whoever has one schema or one database needs none of them. */
export const tenantOptions = {
  eachSchema: {
    env: 'LOTSE_EACH_SCHEMA',
    flag: 'each-schema',
    value: 'QUERY',
    fallback: '',
    help: 'migrate many schemas of this database, one for each tenant: a query that returns their names, one a row; each schema has its own history and comes first in search_path',
  },
  eachDatabase: {
    env: 'LOTSE_EACH_DATABASE',
    flag: 'each-database',
    value: 'QUERY',
    fallback: '',
    help: 'migrate many databases of this server, one for each tenant: a query that returns their names, one a row',
  },
  tenant: {
    env: 'LOTSE_TENANT',
    flag: 'tenant',
    value: 'NAME',
    fallback: '',
    help: 'with --each-schema or --each-database: this tenant alone; the query is not asked',
  },
  parallel: {
    env: 'LOTSE_PARALLEL',
    flag: 'parallel',
    value: 'N',
    fallback: '4',
    help: 'with --each-schema or --each-database: how many tenants at once, each over a connection of its own',
  },
  first: {
    env: 'LOTSE_FIRST',
    flag: 'first',
    value: 'LIST',
    fallback: '',
    help: 'with --each-schema or --each-database: tenants that go first, by name or as a share of all, for example acme,5%,25%; the others only begin when all of these are done',
  },
  stopAfter: {
    env: 'LOTSE_STOP_AFTER',
    flag: 'stop-after',
    value: 'N',
    fallback: '0',
    help: 'with --each-schema or --each-database: begin no other tenant once so many have failed; 0: a tenant that fails stops no other',
  },
} as const
