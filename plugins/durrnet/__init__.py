"""DURRNet: reflection removal by deep unfolding."""
