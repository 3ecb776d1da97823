# src/leg
