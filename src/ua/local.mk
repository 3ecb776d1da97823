# src/ua
