# src/audio
