# An image with a config and no layers; nothing sets its PATH.
mkdir -p layout/blobs/sha256
blob() {
    digest=$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1) size=${#1}
    printf '%s' "$1" >"layout/blobs/sha256/$digest"
}
printf '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
blob '{"architecture":"amd64","os":"linux","config":{"Env":["a=1"],"User":"5","Labels":{"l":"1"}},"rootfs":{"type":"layers","diff_ids":[]}}'
type=application/vnd.oci.image
blob "{\"schemaVersion\":2,\"mediaType\":\"$type.manifest.v1+json\",\"config\":{\"mediaType\":\"$type.config.v1+json\",\
\"digest\":\"sha256:$digest\",\"size\":$size},\"layers\":[]}"
cat >layout/index.json <<END
{"schemaVersion":2,"manifests":[{"mediaType":"$type.manifest.v1+json","digest":"sha256:$digest","size":$size,
"annotations":{"org.opencontainers.image.ref.name":"latest"}}]}
END
