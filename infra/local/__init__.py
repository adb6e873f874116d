"""The system on one machine: set-up of the environments, and the deployment to an AWS emulator."""
