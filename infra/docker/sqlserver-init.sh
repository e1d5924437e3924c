#!/usr/bin/env bash
# Runs every script below /opt/sql in the order of their names. Each may be run again: a second start changes nothing.
# Passwords and the database's name reach the scripts as sqlcmd variables, $(CDC_PASSWORD) and so on: sqlcmd reads them
# from its environment.
set -euo pipefail
shopt -s nullglob
scripts=(/opt/sql/*.sql)
if [ ${#scripts[@]} -eq 0 ]; then
  echo 'no scripts in /opt/sql' >&2
  exit 1
fi
for script in "${scripts[@]}"; do
  echo "$script"
  # -b: an error ends it; -I: quoted identifiers, which CDC's tables need.
  SQLCMDPASSWORD="$MSSQL_SA_PASSWORD" /opt/mssql-tools18/bin/sqlcmd -C -b -I -S sqlserver -U sa -i "$script"
done
