package pickle

// This file says what each opcode does.

// instructions has a function for every opcode but opStop, which ends the run.
var instructions = [256]func(*machine){
	opProto: (*machine).proto,
	opFrame: (*machine).frame,

	opMark:    (*machine).mark,
	opPop:     (*machine).popOrUnmark,
	opPopMark: func(m *machine) { m.popToMark() },
	opDup:     func(m *machine) { m.push(m.top()) },

	opPut:        func(m *machine) { m.remember(m.index()) },
	opBinPut:     func(m *machine) { m.remember(m.uint(1)) },
	opLongBinPut: func(m *machine) { m.remember(m.uint(4)) },
	opMemoize:    func(m *machine) { m.remember(uint64(m.memoized)) },
	opGet:        func(m *machine) { m.recall(m.index()) },
	opBinGet:     func(m *machine) { m.recall(m.uint(1)) },
	opLongBinGet: func(m *machine) { m.recall(m.uint(4)) },

	opNone:     func(m *machine) { m.push(refNone) },
	opNewTrue:  func(m *machine) { m.push(refTrue) },
	opNewFalse: func(m *machine) { m.push(refFalse) },

	opInt:      (*machine).textInt,
	opLong:     (*machine).textLong,
	opBinInt:   func(m *machine) { m.pushInt(int64(int32(m.uint(4)))) },
	opBinInt1:  func(m *machine) { m.pushInt(int64(m.uint(1))) },
	opBinInt2:  func(m *machine) { m.pushInt(int64(m.uint(2))) },
	opLong1:    func(m *machine) { m.pushLong(m.take(m.uint(1))) },
	opLong4:    func(m *machine) { m.pushLong(m.take(m.uint(4))) },
	opFloat:    (*machine).textFloat,
	opBinFloat: (*machine).binFloat,

	opUnicode:         (*machine).unicode,
	opBinUnicode:      func(m *machine) { m.pushText(m.take(m.uint(4))) },
	opShortBinUnicode: func(m *machine) { m.pushText(m.take(m.uint(1))) },
	opBinUnicode8:     func(m *machine) { m.pushText(m.take(m.uint(8))) },
	opString:          (*machine).quoted,
	opBinString:       func(m *machine) { m.pushASCII(m.take(m.uint(4))) },
	opShortBinString:  func(m *machine) { m.pushASCII(m.take(m.uint(1))) },

	opEmptyList: func(m *machine) { m.push(m.make(kindList)) },
	opList:      (*machine).list,
	opAppend:    func(m *machine) { m.items(1, (*machine).extend) },
	opAppends:   func(m *machine) { m.itemsToMark((*machine).extend) },
	opEmptyDict: func(m *machine) { m.push(m.make(kindDict)) },
	opDict:      (*machine).dict,
	opSetItem:   func(m *machine) { m.items(2, (*machine).update) },
	opSetItems:  func(m *machine) { m.itemsToMark((*machine).update) },

	// From here on nothing is made but opaque marks.
	opEmptyTuple: func(m *machine) { m.opaque(0) },
	opTuple1:     func(m *machine) { m.opaque(1) },
	opTuple2:     func(m *machine) { m.opaque(2) },
	opTuple3:     func(m *machine) { m.opaque(3) },
	opTuple:      (*machine).opaqueToMark,
	opEmptySet:   func(m *machine) { m.opaque(0) },
	opAddItems:   func(m *machine) { m.itemsToMark((*machine).change) },
	opFrozenSet:  (*machine).opaqueToMark,

	opBinBytes:       func(m *machine) { m.take(m.uint(4)); m.opaque(0) },
	opShortBinBytes:  func(m *machine) { m.take(m.uint(1)); m.opaque(0) },
	opBinBytes8:      func(m *machine) { m.take(m.uint(8)); m.opaque(0) },
	opByteArray8:     func(m *machine) { m.take(m.uint(8)); m.opaque(0) },
	opNextBuffer:     func(m *machine) { m.opaque(0) },
	opReadonlyBuffer: func(m *machine) { m.opaque(1) },

	opGlobal:      func(m *machine) { m.line(); m.line(); m.opaque(0) },
	opStackGlobal: func(m *machine) { m.opaque(2) },
	opExt1:        func(m *machine) { m.take(1); m.opaque(0) },
	opExt2:        func(m *machine) { m.take(2); m.opaque(0) },
	opExt4:        func(m *machine) { m.take(4); m.opaque(0) },
	opPersID:      func(m *machine) { m.line(); m.opaque(0) },
	opBinPersID:   func(m *machine) { m.opaque(1) },

	opReduce:   func(m *machine) { m.opaque(2) },
	opNewObj:   func(m *machine) { m.opaque(2) },
	opNewObjEx: func(m *machine) { m.opaque(3) },
	opInst:     func(m *machine) { m.line(); m.line(); m.opaqueToMark() },
	opObj:      (*machine).opaqueToMark,
	opBuild:    func(m *machine) { m.items(1, (*machine).change) },
}

func (m *machine) proto() {
	if p := m.uint(1); p > highestProtocol {
		m.fail("unknown protocol")
	}
}

// frame passes over the header of a frame: frames only help readers of streams.
func (m *machine) frame() {
	if m.uint(8) > uint64(len(m.src)-m.pos) {
		m.fail("frame past the end")
	}
}

// opaque puts one opaque object in the place of the top n.
func (m *machine) opaque(n int) {
	for range n {
		m.pop()
	}
	m.push(refOpaque)
}

func (m *machine) opaqueToMark() {
	m.popToMark()
	m.push(refOpaque)
}

// items gives the top n objects to the container below them.
func (m *machine) items(n int, add func(*machine, ref, []ref)) {
	at := len(m.stack) - n
	if at <= m.fence() {
		m.fail("too few objects on the stack")
		return
	}
	items := m.stack[at:]
	m.stack = m.stack[:at]
	add(m, m.top(), items)
}

func (m *machine) itemsToMark(add func(*machine, ref, []ref)) {
	items := m.popToMark()
	add(m, m.top(), items)
}

func (m *machine) list() {
	l := m.make(kindList)
	m.extend(l, m.popToMark())
	m.push(l)
}

func (m *machine) dict() {
	d := m.make(kindDict)
	m.update(d, m.popToMark())
	m.push(d)
}

// extend appends items to a list.
func (m *machine) extend(list ref, items []ref) {
	if m.takes(list, kindList) {
		for _, item := range items {
			m.link(list, absent, item)
		}
	}
}

// update sets pairs of keys and values in a dict.
func (m *machine) update(dict ref, pairs []ref) {
	if len(pairs)%2 != 0 {
		m.fail("key without a value")
		return
	}
	if m.takes(dict, kindDict) {
		for i := 0; i < len(pairs); i += 2 {
			m.link(dict, pairs[i], pairs[i+1])
		}
	}
}

// change is what can only happen to an opaque object, and does not.
func (m *machine) change(object ref, _ []ref) {
	m.takes(object, kindOpaque)
}

// takes reports whether the items for an object of a kind are to be kept. An
// opaque object may take items as a list or a dict does, and loses them; one of
// another kind fails.
func (m *machine) takes(object ref, k kind) bool {
	switch m.values[object].kind {
	case kindOpaque:
		return false
	case k:
		return true
	}
	m.fail("items for an object that takes none")
	return false
}
