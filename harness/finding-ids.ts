/** A finding that is neither a hazard nor a check; those say the same of themselves. */
interface KnownFinding {
  readonly severity: string
  readonly meaning: string
}

const known = (severity: string, meaning: string): KnownFinding => ({ severity, meaning })

/** What a rehearsal may find, by the id of the finding: migrations, their rollback, and specs. */
export const migrationFindings: Readonly<Record<string, KnownFinding>> = {
  'migration-failed': known('error', 'A migration failed going up.'),
  'rollback-failed': known('error', 'A migration failed going down.'),
  'migration-stalled': known(
    'error',
    'A migration made no progress for the stall timeout, or waits for itself, and was ended.',
  ),
  'migration-not-executed': known('error', 'A migration is pending and did not run.'),
  'missing-down': known('error', 'A pending migration has no down, so it cannot be rolled back.'),
  'empty-down': known('warning', 'The down of a migration is an empty function.'),
  'rollback-incomplete': known('error', 'After the rollback the migration table still has migrations.'),
  'migration-record-left': known(
    'warning',
    'The rollback command took the migrations down, and their migrator still has them as applied.',
  ),
  'missing-rollback-command': known(
    'unverified',
    'There is no command that takes the migrations of another migrator down.',
  ),
  'migrator-unseen': known('unverified', 'A command succeeded without sending one statement to the copy.'),
  'commit-inside-migration': known(
    'error',
    'A migration ended the transaction that the migrator had opened around it.',
  ),
  'unawaited-query': known('error', 'A migration was over before a query of its own was.'),
  'session-setting-left': known('warning', 'A migration left a setting behind for the migrations after it.'),
  'migrations-unobserved': known('unverified', 'What the migrator sent could not be seen.'),
  'no-pending-migrations': known('notice', 'The backup has every migration already.'),
  'rows-sampled': known(
    'notice',
    'A table was compared by a sample of its rows, as was asked, and all of its rows were counted.',
  ),
  'squawk-advice': known('notice', 'Squawk advises on the text of the statements.'),
  'app-not-started': known('error', 'The app did not start for the specs.'),
  'spec-failed': known('error', 'A smoke spec failed.'),
  'specs-crashed': known('error', 'Mocha ended before it had a result.'),
  'specs-timed-out': known('error', 'A pass of the smoke specs took longer than it may.'),
  'no-specs-executed': known('unverified', 'A pass of the smoke specs, or a spec file, executed no test.'),
  'specs-not-run': known('unverified', 'The copy that the specs were to run on could not be migrated.'),
}

/** The same for what is asked beside: locks, probes and crashes. */
export const questionFindings: Readonly<Record<string, KnownFinding>> = {
  'locks-not-observed': known('unverified', 'The run in which locks are read did not go as the first one.'),
  'client-stall': known('by its length', 'Clients of a table would have waited.'),
  'lock-queue': known('by its length', 'A migration waited for a lock, and clients behind it.'),
  'client-deadlock': known('warning', 'A client and a migration waited for each other.'),
  'client-error': known('warning', 'What clients could do before was refused while migrating.'),
  'lock-timeout-struck': known(
    'notice',
    'Behind the long reader a migration gave up by its own lock_timeout.',
  ),
  'probes-not-run': known('unverified', 'What clients would feel was not measured, of a table or at all.'),
  'traffic-not-run': known('unverified', 'A statement of your traffic failed before the migrations already.'),
  'crash-not-resumed': known('error', 'After a death of the migrator the migrations cannot be run again.'),
  'crash-state-differs': known('error', 'Run again after a death, the migrations end in another state.'),
  'crash-not-rolled-back': known(
    'error',
    'After a death and another run, rollback brings no old state back.',
  ),
  'crash-leaves-debris': known('notice', 'After a death the database is half-migrated until the next run.'),
  'staircase-incomplete': known('unverified', 'Taking the migrations up and down one by one ended early.'),
  'up-again-failed': known('error', 'A migration cannot be applied again after its own down.'),
  'old-release-unknown': known('unverified', 'Nothing says what the release before is, so it was not tried.'),
  'no-new-writes': known('unverified', 'Nothing was written with the new schema before it was rolled back.'),
  'new-writes-failed': known('unverified', 'Writing with the new schema failed before it was rolled back.'),
  'rollback-blocked-by-new-writes': known('error', 'Rollback works, but not once rows were written.'),
  'crash-not-tried': known('unverified', 'A death of the migrator could not be brought about.'),
}

/** The same for the backup, the copy, budgets and the history. */
export const copyFindings: Readonly<Record<string, KnownFinding>> = {
  'backup-stale': known('error', 'The backup is older than it may be.'),
  'backup-age-unknown': known(
    'unverified',
    'Nothing says when the backup was made, and it may only be so old.',
  ),
  'degraded-restore': known('unverified', 'The copy lacks something that the backup holds.'),
  'major-version-changed': known('warning', 'It was rehearsed on another major version than the backup’s.'),
  'missing-manifest': known('warning', 'The base backup has no manifest, so its files could not be checked.'),
  'collation-version-changed': known('warning', 'Text was sorted by another version of the locale.'),
  'locale-differs': known('warning', 'The copy has another locale than production.'),
  'settings-left-out': known(
    'notice',
    'Settings of production could not be taken over; a warning where none could.',
  ),
  defused: known('notice', 'What could have reached other servers from the copy was disabled.'),
  'egress-possible': known('notice', 'The network of the container could not be closed.'),
  'restored-row-drift': known('unverified', 'A table of the copy has other rows than the backup says.'),
  'entries-not-looked-for': known(
    'notice',
    'Entries of the backup of which only the restore says that they came.',
  ),
  'sequence-behind': known('warning', 'A sequence is behind the column that it feeds, as in production.'),
  'tablespaces-in-place': known(
    'notice',
    'The backup names tablespaces; the copy has everything in one place.',
  ),
  masked: known('notice', 'Columns were masked; a warning where large objects were not.'),
  'unmasked-personal-data': known(
    'warning',
    'Columns look personal and have no rule; a notice without any rule.',
  ),
  'materialized-view-emptied': known('unverified', 'A view could not be filled anew after masking.'),
  'snapshot-altered': known('notice', 'A stored snapshot was not as it was left; it was restored again.'),
  'budget-exceeded': known('as the budget says', 'A figure is above its limit.'),
  'budget-not-judged': known('unverified', 'There is a budget for a figure that nobody measured.'),
  'budget-without-history': known('notice', 'There are too few earlier rehearsals to compare with.'),
  'history-not-read': known('warning', 'Earlier rehearsals could not be read.'),
  'history-not-recorded': known('warning', 'This rehearsal could not be recorded.'),
  'history-damaged': known('warning', 'Records of earlier rehearsals could not be read and were left out.'),
}
