#!/bin/bash
# A pure library calls nothing of the outside world: no files, clock, environment, randomness, log, processes.
set -euo pipefail
library=$1
calls=$(nm -u "$library" | awk '/ U /{print $2}' | sort -u)
outside='^(__)?(PQ|rd_kafka_|ff[a-z]|fits_|yaml_|json_|curl_|MHD_|EVP_|fopen|fdopen|freopen|fread|fwrite|open|openat|creat|read|pread|write|pwrite|close|mmap|stat|lstat|fstat|unlink|rename|mkdir|opendir|v?f?printf|v?dprintf|puts|putchar|fputs|fputc|perror|scanf|fscanf|getenv|secure_getenv|setenv|time|clock|clock_gettime|gettimeofday|localtime|gmtime|rand|random|drand48|srand|getrandom|arc4random|system|popen|fork|exec|pthread_create|kill|raise|signal|sigaction|sleep|usleep|nanosleep|poll|select|socket|connect|exit|cb_log|cb_clock|cb_random)(_chk|64|_r)?(@|$)'
impure=$(printf '%s\n' "$calls" | grep -E "$outside" || true)
# prefixes stand for whole families
impure+=$(printf '%s\n' "$calls" | grep -E '^(PQ|rd_kafka_|fits_|yaml_|json_|curl_|MHD_|EVP_|cb_log|cb_clock|cb_db_|cb_bus_|cb_file_)' || true)
[[ -z $impure ]] || {
  printf 'not pure, calls:\n%s\n' "$impure"
  exit 1
}
[[ -n $calls ]] || {
  echo "no calls seen in $library: is it built?"
  exit 1
}
