# src/ncco
