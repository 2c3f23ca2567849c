"""Vendors: one small protocol per modality, the catalogue as data, connectors and embedded engines."""
