# src/player
