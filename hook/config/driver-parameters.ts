/**
 * Parameters that frameworks, drivers and hosts put into the same URL, and that change nothing for Lotse: names by the
 * reason why.
 * Sources: Prisma (quaint, url.rs), sqlx (options/parse.rs), node-postgres and postgres.js (README), pgx and pgxpool (ParseConfig),
 * lib/pq, pgjdbc (PGProperty.java), asyncpg (connect), SQLAlchemy, psycopg, Django, Rails, Ecto, Doctrine, golang-migrate.
 */
export const withoutEffect: readonly { readonly names: string; readonly note: string }[] = [
  {
    names: `pgbouncer pool pool_mode pool_size pool_count pool_timeout pool_recycle pool_pre_ping pool_jitter poolSize
      connection_limit single_use_connections max_connection_lifetime max_idle_connection_lifetime
      conn_max_age conn_health_checks max_overflow checkout_timeout reaping_frequency max_age
      max min maxUses max_lifetime maxLifetimeSeconds idle_timeout idleTimeoutMillis allowExitOnIdle
      max_connections min_connections max_idle_conns max_open_conns conn_max_lifetime
      pool_max_conns pool_min_conns pool_min_idle_conns pool_max_conn_lifetime pool_max_conn_lifetime_jitter
      pool_max_conn_idle_time pool_health_check_period
      idle_interval queue_target queue_interval keepalive reconnect connection_retries retry_deadline persistent`,
    note: 'concerns the pool of the application; Lotse has one connection',
  },
  {
    names: `statement_cache_size statement_cache_capacity statement-cache-capacity statement_cache_mode statement_limit
      description_cache_capacity default_query_exec_mode prefer_simple_protocol
      prepare prepare_threshold prepareThreshold prepared_statements prepared_statement_cache_size prepared_statement_name_func
      preparedStatementCacheQueries preparedStatementCacheSizeMiB max_cached_statement_lifetime max_cacheable_statement_size
      reWriteBatchedInserts preferQueryMode binary binary_parameters disable_prepared_binary_result
      binaryTransfer binaryTransferEnable binaryTransferDisable fetch_types stringtype defaultRowFetchSize
      adaptiveFetch adaptiveFetchMinimum adaptiveFetchMaximum maxResultBuffer
      autosave cleanupSavepoints escapeSyntaxCallMode quoteReturningIdentifiers disableColumnSanitiser unknownLength
      databaseMetadataCacheFields databaseMetadataCacheFieldsMiB hideUnprivilegedObjects allowEncodingChanges
      atomic_requests autocommit disable_server_side_cursors server_side_binding async_fallback insert_returning
      parseInputDatesAsUTC`,
    note: 'concerns the queries of the application',
  },
  {
    names: `loginTimeout connectTimeout connectionTimeoutMillis timeout socket_timeout socketTimeout sslResponseTimeout
      gssResponseTimeout cancelSignalTimeout query_timeout command_timeout`,
    note: 'LOTSE_CONNECT_TIMEOUT and LOTSE_TIMEOUT decide',
  },
  {
    names: `keepalives keepalives_idle keepalives_interval keepalives_count keepalives_retries tcp_user_timeout tcpKeepAlive
      keepAlive keep_alive keepAliveInitialDelayMillis tcpNoDelay sendBufferSize receiveBufferSize maxSendBufferSize
      min_read_buffer_size idle_in_transaction_session_timeout`,
    note: 'Lotse sets its own',
  },
  {
    names: 'logUnclosedConnections logServerErrorDetail loggerLevel loggerFile debug min_messages',
    note: 'concerns the log of the application',
  },
  {
    names: 'serverVersion assumeMinServerVersion protocolVersion groupStartupParameters',
    note: 'Lotse asks the server',
  },
  { names: 'supa workaround', note: "a mark of Supabase's and Vercel's" },
  {
    names: `x-migrations-table x-migrations-table-quoted x-multi-statement x-multi-statement-max-size
      x-lock-strategy x-lock-table`,
    note: 'concerns golang-migrate',
  },
  {
    names:
      'krbsrvname krbspn kerberosServerName gsslib gssdelegation jaasLogin jaasApplicationName useSpnego sspiServiceClass',
    note: 'GSSAPI is not used',
  },
]
