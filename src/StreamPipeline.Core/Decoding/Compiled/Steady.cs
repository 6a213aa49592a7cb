using System.Runtime.CompilerServices;

namespace StreamPipeline.Core.Decoding.Compiled;

/// <summary>
/// The length of a field's last value, to be taken for granted for the next one before its bytes confirm it: so the processor need not wait for them to know where
/// the next field begins. A value of another length costs it what it had begun; where lengths vary that is not worth it, and they are not guessed for a while.
/// </summary>
internal struct Steady()
{
    /// <summary>Two changes within so many documents are too many.</summary>
    private const int Near = 32;

    private const int Pause = 8_192;

    private int _length;
    private long _changedIn = -Near;
    private long _pausedTo;

    /// <summary>Whether the length is taken for granted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Is(PlanRow row) => row.Number >= _pausedTo;

    /// <summary>The length taken for granted, once it is known to be right.</summary>
    /// <param name="length">As counted.</param>
    /// <param name="granted">The same number, which what follows need not wait for: it is from memory, and a branch that was guessed stands between it and the one that was counted.</param>
    /// <returns>False: it is another one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsRight(int length, out int granted)
    {
        // Volatile, or the compiler would see that they are equal and take the other one.
        granted = Volatile.Read(in _length);
        return length == granted;
    }

    /// <summary>Notes a length that was not taken for granted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Note(int length, PlanRow row)
    {
        if (length == _length)
        {
            return;
        }

        if (row.Number - _changedIn < Near)
        {
            _pausedTo = row.Number + Pause;
        }

        _changedIn = row.Number;
        _length = length;
    }
}
