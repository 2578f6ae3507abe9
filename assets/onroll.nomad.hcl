# One watch for all tenants of a workspace, on one node. docs/deploying.md says what each part is for.
job "onroll" {
  datacenters = ["dc1"]
  type        = "service"

  group "watch" {
    # One writer: never more than one.
    count = 1

    volume "workspace" {
      type            = "host"
      source          = "onroll"
      read_only       = false
      access_mode     = "single-node-writer"
      attachment_mode = "file-system"
    }

    network {
      port "status" { to = 9464 }
    }

    service {
      name     = "onroll"
      port     = "status"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/ready"
        interval = "30s"
        timeout  = "5s"
      }
    }

    task "onroll" {
      driver         = "podman"
      kill_signal    = "SIGTERM"
      kill_timeout   = "15s"

      config {
        image        = "registry.example/onroll:0.1.0"
        args         = ["watch", "--json", "--status", "0.0.0.0:9464"]
        ports        = ["status"]
        readonly_rootfs = true
      }

      volume_mount {
        volume      = "workspace"
        destination = "/var/lib/onroll"
      }

      # The passphrase of the sealed file; Nomad writes it into the task's private memory, not onto a disk.
      template {
        destination = "secrets/onroll.env"
        env         = true
        data        = <<-EOT
          {{ with nomadVar "nomad/jobs/onroll" }}ONROLL_PASSPHRASE={{ .passphrase }}{{ end }}
        EOT
      }

      resources {
        cpu    = 100
        memory = 256
      }
    }
  }
}
