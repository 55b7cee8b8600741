# The shipped weights, each by one command, in hours on one or two cores:
#
#   make weights METHOD=durrnet DATA=data
#
# leaves runs/durrnet.safetensors. DATA holds the folders that training/configs/photographs.yaml names; more/ and the
# lessons of the small nets are made in it. Parts that are done are not done again; one that was cut off goes on from
# its checkpoint. What each part starts from is said in its configuration, and here again.
DATA ?= data

configs := training/configs
mean = python -m unveil.training.soup -o $@ $(addprefix runs/,$(1))

runs/unveilnet.safetensors: runs/unveilnet_twice_more/.trained
	$(call mean,unveilnet_faint/last.safetensors unveilnet_twice_more/checkpoint_000400.pt \
	  unveilnet_twice_more/last.safetensors)
runs/cr3net.safetensors: runs/cr3net_muon/.trained
	$(call mean,cr3net_muon/last.safetensors)
runs/dgunet.safetensors: runs/dgunet_lessons/.trained
	$(call mean,dgunet_lessons/last.safetensors)
runs/durrnet.safetensors: runs/durrnet_lessons/.trained
	$(call mean,durrnet_lessons/last.safetensors)
runs/ibcln.safetensors: runs/ibcln_lessons_more/.trained
	$(call mean,ibcln_lessons/last.safetensors ibcln_lessons_more/last.safetensors)
runs/location_aware.safetensors: runs/location_aware_lessons_again/.trained
	$(call mean,location_aware_lessons_again/last.safetensors location_aware_lessons_again/last.safetensors \
	  location_aware_lessons_more/mean.safetensors)

runs/unveilnet_calibrate/.trained: runs/unveilnet/.trained
runs/unveilnet_more/.trained: runs/unveilnet_calibrate/.trained
runs/unveilnet_photometric/.trained: runs/unveilnet_more/.trained
runs/unveilnet_faint/.trained: runs/unveilnet_photometric/.trained
runs/unveilnet_twice/.trained: runs/unveilnet_faint/.trained
runs/unveilnet_twice_more/.trained: runs/unveilnet_twice/mean.safetensors
runs/unveilnet_twice/mean.safetensors: runs/unveilnet_twice/.trained
	$(call mean,unveilnet_faint/last.safetensors unveilnet_twice/last.safetensors)

runs/cr3net_taught/.trained: runs/cr3net/.trained
runs/cr3net_lessons/.trained: runs/cr3net_taught/.trained
runs/cr3net_lessons_squared/.trained: runs/cr3net_lessons/.trained
runs/cr3net_muon/.trained: runs/cr3net_lessons_squared/.trained

runs/ibcln_lessons_more/.trained: runs/ibcln_lessons/.trained

runs/location_aware_lessons_more/.trained: runs/location_aware_lessons/.trained
runs/location_aware_lessons_more/mean.safetensors: runs/location_aware_lessons_more/.trained
	$(call mean,location_aware_lessons/last.safetensors location_aware_lessons_more/last.safetensors)
runs/location_aware_lessons_again/.trained: runs/location_aware_lessons_more/mean.safetensors

# All but the first two parts of unveilnet learn from what is fetched, and the lessons are made of it too.
lessons := $(DATA)/lessons_1/.written $(DATA)/lessons_2/.written
runs/unveilnet_more/.trained runs/cr3net/.trained $(lessons): $(DATA)/more/.fetched
runs/cr3net_lessons/.trained runs/dgunet_lessons/.trained runs/durrnet_lessons/.trained \
runs/ibcln_lessons/.trained runs/location_aware_lessons/.trained: $(lessons)

runs/%/.trained:
	unveil train $(configs)/$*.yaml --data $(DATA) -o runs/$* $(addprefix --resume ,$(wildcard $(@D)/checkpoint.pt))
	touch $@

$(DATA)/lessons_%/.written:
	unveil synth $(configs)/lessons.yaml --data $(DATA) -n 7500 --seed $* -o $(@D)
	touch $@

$(DATA)/more/.fetched:
	python -m unveil.training.fetch $(@D)
	touch $@
