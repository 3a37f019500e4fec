#!/bin/sh
# Rehearses what is pending with the newest backup; for cron, see docs/ci.md. Ends as `rehearse run` does.
#
#   nightly.sh PROJECT
#
#   FETCH    shell command that puts the newest backup into $BACKUPS; run in the project (default: none)
#   BACKUPS  directory of backups; the newest is taken (default: backups)
#   MAX_AGE  how old it may be (default: 26h)
#   ASK      what is asked besides (default: all)
#   UPDATE   shell command that brings the project up to date (default: git pull and npm ci)
#   KEEP     days that reports are kept (default: 30)
#
# Secrets belong in the project's .env, which `rehearse` reads itself.
set -eu
cd "${1:?usage: nightly.sh PROJECT}"

# One at a time: a night that takes too long is not joined by the next.
mkdir -p rehearsal-report
exec 9>rehearsal-report/.lock
if command -v flock >/dev/null && ! flock --nonblock 9; then
  echo 'the rehearsal of last night is still running' >&2
  exit 2
fi

sh -ec "${UPDATE:-git pull --ff-only --quiet && npm ci --no-audit --no-fund}"
sh -ec "${FETCH:-:}"

reports=rehearsal-report/$(date +%Y-%m-%d)
find rehearsal-report -mindepth 1 -maxdepth 1 -type d -name '????-??-??' -mtime "+${KEEP:-30}" -exec rm -r {} +

# What takes this shell's place keeps the lock until it ends.
exec npx rehearse run --backup "${BACKUPS:-backups}" --max-age "${MAX_AGE:-26h}" --ask "${ASK:-all}" \
  --report "html=$reports/rehearsal.html" \
  --report "json=$reports/rehearsal.json" \
  --report "markdown=$reports/rehearsal.md"
