#!/bin/sh
# Rehearses a fleet as a job of a Docker Swarm, one share a task, and reports over all of it; run it on a manager, from
# cron for instance. It ends as the fleet does: 0 passed, 1 failed, 2 could not be verified. docs/manifests.md explains it.
#
#   IMAGE=registry.internal/shop-rehearsal:main REPORTS=/mnt/reports ./swarm-job.sh
#
#   IMAGE    the tool's image with your project and its fleet.yaml in it
#   REPORTS  a directory that is the same on every node, and that user 1000 may write to
#   SHARES   how many tasks; 4 unless said
#   WITHIN   seconds after which what is not done is ended; two hours unless said
#   SECRET   a Docker secret in the format of .env, where one is needed
set -eu
: "${IMAGE:?is the image with your project in it}" "${REPORTS:?is a directory on every node}"
: "${SHARES:=4}" "${WITHIN:=7200}" "${SECRET:=}"
job=rehearsal-$(date -u +%Y%m%dT%H%M%S)
output=$REPORTS/$job
# Sticky, as /tmp is, for the user of the image.
mkdir -m 1777 "$output" && chmod 1777 "$output"

remove() {
  docker service rm "$job" >/dev/null 2>&1 || true
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

set --
if [ -n "$SECRET" ]; then set -- --secret "source=$SECRET,target=/project/.env,uid=1000,mode=0400"; fi

# Swarm repeats whatever does not end with 0, for ever. A share that failed is a result, which its report has; so only a
# task that died is repeated.
docker service create --quiet --detach --name "$job" \
  --mode replicated-job --replicas "$SHARES" --max-concurrent "$SHARES" \
  --env 'REHEARSAL_SWARM_SLOT={{.Task.Slot}}' --env "REHEARSAL_SHARD_TOTAL=$SHARES" \
  --env REHEARSAL_ENGINE=embedded --env REHEARSAL_SNAPSHOTS=off --env REHEARSAL_HISTORY=off \
  --mount "type=bind,source=$output,target=/reports" "$@" \
  --cap-drop ALL --stop-grace-period 60s --reserve-cpu 1 --reserve-memory 1g --limit-memory 4g \
  --entrypoint 'tini -- sh -c' "$IMAGE" \
  'rehearse fleet run --shard auto --output "/reports/$REHEARSAL_SWARM_SLOT" || test $? -le 2' >/dev/null

deadline=$(($(date +%s) + WITHIN))
until [ "$(docker service ps "$job" --format '{{.CurrentState}}' | grep -c '^Complete')" -ge "$SHARES" ]; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "After $WITHIN s not all of $SHARES shares are done:" >&2
    docker service ps "$job" --no-trunc --format '{{.Name}}  {{.CurrentState}}  {{.Error}}' >&2
    break
  fi
  sleep 2
done
remove

# By the fleet file: a share that left no report could not be verified.
status=0
docker run --rm --cap-drop ALL --volume "$output:/reports" "$IMAGE" \
  fleet report /reports --fleet fleet.yaml --output /reports || status=$?
echo "The reports are in $output."
exit "$status"
