# src/worker
