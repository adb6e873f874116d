"""What stands around the system on one machine: set-up, the local deployment, the sandbox vendors, the made-up world."""
