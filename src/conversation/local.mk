# src/conversation
