# Builds the image for publishing. deploy/release sets the variables, from package.json and git.
variable "IMAGE" {
  default = "identidock"
}
variable "NODE_IMAGE" {
  default = ""
}
variable "NPM_REGISTRY" {
  default = ""
}
variable "VERSION" {
  default = ""
}
variable "REVISION" {
  default = ""
}
variable "SOURCE" {
  default = ""
}
variable "LICENSES" {
  default = ""
}
variable "CREATED" {
  default = ""
}

group "default" {
  targets = ["release"]
}

target "labelled" {
  args = {
    NODE_IMAGE   = NODE_IMAGE
    NPM_REGISTRY = NPM_REGISTRY
  }
  # https://github.com/opencontainers/image-spec/blob/main/annotations.md
  labels = {
    "org.opencontainers.image.version"  = VERSION
    "org.opencontainers.image.revision" = REVISION
    "org.opencontainers.image.source"   = SOURCE
    "org.opencontainers.image.licenses" = LICENSES
    "org.opencontainers.image.created"  = CREATED
  }
  # A pre-release, such as 1.2.0-rc.1, is not tagged latest.
  tags = concat(["${IMAGE}:${VERSION}"], length(regexall("-", VERSION)) == 0 ? ["${IMAGE}:latest"] : [])
}

# For this machine only.
target "image" {
  inherits = ["labelled"]
  output   = ["type=docker"]
}

# For both platforms, with provenance and an SBOM. Needs a builder that `docker buildx create` has made.
target "release" {
  inherits  = ["labelled"]
  platforms = ["linux/amd64", "linux/arm64"]
  attest    = ["type=provenance,mode=max", "type=sbom"]
}
