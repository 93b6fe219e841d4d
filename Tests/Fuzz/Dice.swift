/// A generator that gives the same numbers for the same seed everywhere (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    /// The numbers for one input of a campaign.
    init(seed: UInt64, round: Int) { state = seed &* 0xd134_2543_de82_ef95 &+ UInt64(round) &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// 0 up to, not with, a number of sides.
    mutating func roll(_ sides: Int) -> Int { sides < 2 ? 0 : Int(next() % UInt64(sides)) }

    mutating func chance(_ one: Int, in all: Int) -> Bool { roll(all) < one }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[roll(elements.count)] }
}
