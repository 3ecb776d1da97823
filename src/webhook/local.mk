# src/webhook
