-- Runs once, when the data directory is made: MLflow keeps its tables apart from Logster's.
CREATE DATABASE mlflow OWNER logster;
