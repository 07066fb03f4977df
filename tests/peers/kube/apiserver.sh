#!/usr/bin/env bash
# Makes FOLDER/kube-apiserver and FOLDER/etcd. Debian 12 has the last whole source of Kubernetes, 1.20.2, and builds only kubectl
# of it. The server is built here, without the clouds that its old versions could drive.
#
# Usage: apiserver.sh FOLDER
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

debian bookworm
root=$scratch/root
unpack "$root" golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev etcd-server
(cd "$scratch" && "${apt[@]}" source --download-only kubernetes)
source=$scratch/gopath/src/k8s.io/kubernetes
mkdir -p "$source"
tar -xzf "$scratch"/kubernetes_*.orig.tar.gz -C "$source" --strip-components=1

# The one that comes along reads maps as Go did before 1.18.
rm -r "$source/vendor/github.com/modern-go/reflect2"
cp -r "$root/usr/share/gocode/src/github.com/modern-go/reflect2" "$source/vendor/github.com/modern-go/"

export GOROOT=$root/usr/lib/go-1.19 GOPATH=$scratch/gopath GOCACHE=$scratch/cache GO111MODULE=off GOFLAGS='' CGO_ENABLED=0
PATH=$GOROOT/bin:$PATH
cd "$source"
tags=providerless,dockerless

# The one generated file that the source lacks: the API as OpenAPI describes it.
go build -o "$scratch/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
types=$(go list -tags "$tags" -deps -f '{{.ImportPath}} {{.Dir}}' ./cmd/kube-apiserver |
    while read -r package folder; do
        if grep -qs '+k8s:openapi-gen=' "$folder"/*.go; then printf '%s,' "$package"; fi
    done)
"$scratch/openapi-gen" --logtostderr -i "${types%,}" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h hack/boilerplate/boilerplate.generatego.txt -r "$scratch/violations"

version=$(printf '%s\n' "$scratch"/kubernetes_*.orig.tar.gz | sed 's/.*really\(.*\)\.orig.*/\1/')
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X k8s.io/kubernetes/vendor/$package.gitVersion=v$version"
    flags+=" -X k8s.io/kubernetes/vendor/$package.gitMajor=1 -X k8s.io/kubernetes/vendor/$package.gitMinor=20"
done
go build -tags "$tags" -trimpath -ldflags "$flags" -o "$target/kube-apiserver" ./cmd/kube-apiserver
cp "$root/usr/bin/etcd" "$target/etcd"
