"""CR3Net: reflection removal from a RAW mosaic and its display picture together."""
