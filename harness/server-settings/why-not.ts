import type { ConfSetting } from './parse-conf.ts'

/** What is known of the server that the settings are for. */
export interface Machine {
  /** Null where it cannot be learned. */
  readonly memoryBytes: number | null
  /** `pg_settings.unit` by name, of every setting that the server knows. */
  readonly units: ReadonlyMap<string, string | null>
}

/** Why one of production's settings is not taken over by a throwaway server; undefined when it is. */
export function whyNot(
  { name, value }: ConfSetting,
  all: readonly ConfSetting[],
  { memoryBytes, units }: Machine,
): string | undefined {
  const rule = rules.find(({ names }) => names.test(name))
  if (rule !== undefined) return rule.why
  if (name === 'huge_pages' && value.toLowerCase() === 'on') return 'no huge pages are reserved here'
  if (
    name === 'wal_level' &&
    value === 'minimal' &&
    all.every((it) => it.name !== 'max_wal_senders' || it.value !== '0')
  )
    return 'minimal goes only with max_wal_senders = 0'
  if (!units.has(name)) return name.includes('.') ? undefined : 'this Postgres does not know it'
  const share = shares.find(({ names }) => names.test(name))?.share
  const bytes = share === undefined ? undefined : bytesOf(value, units.get(name) ?? null)
  if (share === undefined || bytes === undefined || memoryBytes === null || bytes <= memoryBytes * share)
    return undefined
  return `more than this machine can give: it has ${(memoryBytes / 2 ** 30).toFixed(1)} GB of memory`
}

const rules: readonly { readonly names: RegExp; readonly why: string }[] = [
  { names: /^include(?:_dir|_if_exists)?$/, why: 'other files are not read' },
  {
    names:
      /^(?:archive_|restore_command|recovery_|primary_|promote_trigger|synchronous_standby_names|synchronized_standby_slots|sync_replication_slots|hot_standby|wal_receiver|wal_retrieve|wal_sender|max_standby|cluster_name|max_(?:sync_workers|logical_replication|active_replication|slot)|max_replication_slots|trace_recovery)/,
    why: 'it is about replication and archiving, which a copy must not do',
  },
  {
    names:
      /^(?:listen_addresses|port|bonjour|unix_socket|ssl|krb_|gss_|db_user_namespace|authentication_timeout|password_encryption|scram_|oauth_|tcp_|client_connection_check|reserved_connections|superuser_reserved)/,
    why: 'it is about who connects to production and how',
  },
  {
    names:
      /^(?:data_directory|config_file|hba_file|ident_file|external_pid_file|stats_temp_directory|dynamic_library_path|extension_control_path|default_tablespace|temp_tablespaces|jit_provider|(?:local|session)_preload_libraries)$/,
    why: 'it names places on production’s machine',
  },
  {
    names: /^(?:log_|logging_|syslog|event_source|debug_|update_process_title|lc_messages)/,
    why: 'it is about logs, which nobody reads here',
  },
  {
    names:
      /^(?:dynamic_shared_memory_type|shared_memory_type|min_dynamic_shared_memory|data_sync_retry|restart_after_crash|remove_temp_files|allow_system_table_mods|ignore_|zero_damaged|io_method)/,
    why: 'it depends on the machine',
  },
  {
    names: /^(?:cron|pg_cron|pg_partman_bgw|pglogical|bdr|pgagent|pg_net)\./,
    why: 'it is about background jobs, which a copy must not run',
  },
]

const shares = [
  { names: /^shared_buffers$/, share: 0.5 },
  {
    names:
      /^(?:work_mem|maintenance_work_mem|autovacuum_work_mem|logical_decoding_work_mem|temp_buffers|wal_buffers|vacuum_buffer_usage_limit)$/,
    share: 0.25,
  },
]

function bytesOf(value: string, base: string | null): number | undefined {
  const [, digits, unit] = /^\s*(-?\d+(?:\.\d+)?)\s*([kMGT]?B)?\s*$/.exec(value) ?? []
  if (digits === undefined) return undefined
  const [, times = '1', own = 'B'] = /^(\d*)([kMGT]?B)$/.exec(base ?? 'B') ?? []
  const factor = unit === undefined ? Number(times === '' ? 1 : times) * unitBytes(own) : unitBytes(unit)
  return Number(digits) * factor
}

function unitBytes(unit: string): number {
  return 1024 ** ['B', 'kB', 'MB', 'GB', 'TB'].indexOf(unit)
}
