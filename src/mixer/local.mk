# src/mixer
