# src/offer
