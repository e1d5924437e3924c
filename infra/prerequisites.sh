#!/usr/bin/env bash
# Names what is missing on this machine and what to install, all at once. Node 24 itself is brought by the Makefile.
set -u
missing=0
need() { # name, what to install
  printf 'missing: %s\n         install: %s\n' "$1" "$2" >&2
  missing=1
}
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }

command -v git >/dev/null || need git 'git (Debian: apt-get install git; macOS: xcode-select --install)'
if ! command -v node >/dev/null; then
  need 'Node.js 20 or newer' 'Node.js with npm (nodejs.org, or your package manager)'
else
  node_version=$(node -p 'process.versions.node')
  version_at_least "$node_version" 20 || need "Node.js 20 or newer (found $node_version)" 'a newer Node.js'
fi
command -v npm >/dev/null || need npm 'npm (comes with Node.js; Debian: apt-get install npm)'
if ! java -version >/dev/null 2>&1; then
  need 'Java 17 or newer' 'a JDK or JRE (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17)'
else
  java_version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9.]*\).*/\1/p' | head -1)
  version_at_least "${java_version:-0}" 17 || need "Java 17 or newer (found ${java_version:-an unknown version})" 'a newer JDK, first on PATH'
fi
if ! command -v mvn >/dev/null; then
  need 'Maven 3.8 or newer' 'Maven (Debian: apt-get install maven; macOS: brew install maven)'
else
  maven_version=$(mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p' | head -1)
  version_at_least "${maven_version:-0}" 3.8 || need "Maven 3.8 or newer (found ${maven_version:-an unknown version})" 'a newer Maven'
fi
exit $missing
