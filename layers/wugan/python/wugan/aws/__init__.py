"""AWS behind the ports: everything that imports boto3 or PynamoDB."""
