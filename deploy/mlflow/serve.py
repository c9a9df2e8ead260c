"""Starts MLflow's server in place of this process, with the password of its database read from a file."""

import os
from urllib.parse import quote

with open(os.environ["POSTGRES_PASSWORD_FILE"], encoding="utf-8") as file:
    password = quote(file.read().strip(), safe="")
# a URI in the environment is seen by this container alone; as an argument it would stand in the list of processes
os.environ["MLFLOW_BACKEND_STORE_URI"] = (
    f"postgresql+psycopg2://logster:{password}@{os.environ.get('POSTGRES_HOST', 'postgres')}:{os.environ.get('POSTGRES_PORT', '5432')}/mlflow"
)
os.execvp(
    "mlflow",
    ["mlflow", "server", "--host", "0.0.0.0", "--port", "5000", "--workers", "2",
     "--serve-artifacts", "--artifacts-destination", "/artifacts",
     # names in the Host header beyond localhost: without them MLflow answers 403 to the other containers
     "--allowed-hosts", os.environ.get("ALLOWED_HOSTS", "mlflow,mlflow:*,localhost,localhost:*,127.0.0.1:*")],
)
