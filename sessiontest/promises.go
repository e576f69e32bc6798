package sessiontest

// This file is the contract in sentences: what a store can be found to have
// broken. Several checks may look after one of them.
const (
	loadExact   = "Load answers the Data that was stored, byte for byte"
	loadAll     = "Load answers Expires, Created and Owner as they were stored, or zero where the layout cannot tell"
	loadNone    = "Load answers ErrNotFound if there is no record"
	loadReads   = "Load stores nothing"
	dataForever = "Data is never changed in place: what Load answered, and what was handed in, keeps its content"

	createFree = "Create stores a record under a key that is not taken"
	createOnce = "Create answers ErrConflict for a key that is taken, and changes nothing"

	replaceStores  = "Replace puts a record in the place of the one that was loaded"
	replaceStale   = "Replace answers ErrConflict, and changes nothing, unless old is still what is stored"
	replaceRemoves = "Replace with an Expires that is not in the future removes the record"
	writesSurvive  = "parallel writers never lose each other's changes"

	deleteRemoves = "Delete removes the record under its key, and no other"
	deleteNone    = "Delete of what is not there is no error"
	endedForEver  = "a deleted session never comes back"

	livesUntil     = "a record lives until its Expires"
	expiresAt      = "a record that has expired, be it this very instant, is not found"
	expiredForEver = "an expired session never comes back"

	tombstoneEnds  = "a tombstone answers ErrEnded to Load, ErrConflict to Create and ErrNotFound to Touch"
	tombstoneLasts = "a tombstone stays until its Expires, or until Delete"
	tombstoneNone  = "Replace without Data removes the record where the layout has no place for a tombstone"

	tombstoneNamed = "Load answers a tombstone's name, and by that alone can it be replaced"

	touchMoves   = "Touch moves the expiry, and changes nothing else"
	touchLiving  = "Touch answers ErrNotFound if there is no live record, and brings none back"
	touchNoWrite = "a Touch is no conflict for Replace, and undoes none"

	sweepLimit  = "Sweep deletes at most limit records, and reports how many"
	sweepDone   = "Sweep is done when it reports fewer than limit: all that has expired is gone"
	sweepLiving = "Sweep never deletes a living record"

	listLiving = "a listing shows every live record once, as Load would, and nothing else"
	listFree   = "a listing holds nothing up: the store can be called meanwhile, and it can be left early"
	listOwner  = "ListOwner shows the live records of exactly that owner"

	keysAreNames = "a key is nothing but a name: under no other key is its record found, changed or removed"
	silentErrors = "no error contains a key or data"
	contextError = "under a cancelled context a call does its work or answers the context's error"
	neverTorn    = "no call is torn: a record is stored whole, or not at all"
	sharedData   = "stores on the same data see each other's writes at once"

	corruptKnown  = "Load answers ErrCorrupt, and a Record whose Revision Replace accepts, for what it cannot decode"
	corruptListed = "a record that cannot be decoded is listed without Data"
	foreignNamed  = "Load names in Foreign the keys whose values JSON cannot hold, and leaves them out of Data"
)
